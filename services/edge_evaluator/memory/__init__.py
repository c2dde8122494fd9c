"""⑤ The edge's memory: each environment's configuration, its keys, its answers, its last changes."""
