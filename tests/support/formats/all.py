"""All samples."""

from tests.support.formats import Sample, events, hashes, heads, told

SAMPLES: tuple[Sample, ...] = (*events.SAMPLES, *heads.SAMPLES, *hashes.SAMPLES, *told.SAMPLES)
