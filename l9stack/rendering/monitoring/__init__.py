"""What watches a collection: alert rules and dashboards as files of the tree, and Prometheus' configuration."""
