-- Of an excuse, whether it is over: also before it began, where it was ended by then.
(
    withdrawn_at IS NOT NULL
    OR coalesce(least(until, ended_at) <= %(now)s OR ended_at <= starts_at, false)
)
