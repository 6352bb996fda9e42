"""The way in: items read and checked, gathered into batches, decided and stored at once."""
