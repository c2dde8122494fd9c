"""What Prometheus and Grafana are given: the catalogue of metrics, alert rules, dashboards."""
