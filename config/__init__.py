"""Configuration: the YAML's schema, policy versions, the watcher, settings from the environment."""
