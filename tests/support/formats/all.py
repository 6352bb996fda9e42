"""All samples."""

from tests.support.formats import Sample, events, hashes, heads, ids, kept, policies, told

SAMPLES: tuple[Sample, ...] = (
    *events.SAMPLES,
    *heads.SAMPLES,
    *hashes.SAMPLES,
    *ids.SAMPLES,
    *kept.SAMPLES,
    *policies.SAMPLES,
    *told.SAMPLES,
)
