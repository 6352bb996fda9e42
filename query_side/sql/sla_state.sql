CASE
    WHEN t.state = 'breached' OR t.breached_at <= %(now)s THEN 'breached'
    WHEN t.state = 'critical' OR t.critical_at <= %(now)s THEN 'critical'
    WHEN t.state = 'warning' OR t.warning_at <= %(now)s THEN 'warning'
    ELSE t.state
END
