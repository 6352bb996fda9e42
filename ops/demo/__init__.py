"""Something to watch: real incidents replayed, and a Slack to talk to that is none."""
