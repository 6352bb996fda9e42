"""What `sla doctor` finds: each room has its facts, a value, and what is `judged` by them.

Judging asks nobody. `asking` and `reaching` fetch facts; `ops/commands/examining.py` does all.
"""
