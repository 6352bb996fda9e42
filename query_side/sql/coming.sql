-- Whether a clock will be overdue if nothing happens: one that runs, or will run again by itself.
(c.state = 'running' OR c.resumes_at IS NOT NULL) AND c.overdue_from > %(now)s
