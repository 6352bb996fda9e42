"""How the service is watched: a dashboard, rules that say when to look, and how both are wired."""
