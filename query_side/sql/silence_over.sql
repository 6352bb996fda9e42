-- Of a silence, whether it is over.
(ended_at IS NOT NULL OR until <= %(now)s)
