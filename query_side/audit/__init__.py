"""The audit room: replays tickets from the log, by what is known now or was known then."""
