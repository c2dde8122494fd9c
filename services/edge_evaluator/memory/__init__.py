"""⑤ What is served: each environment's configuration, its keys, its answers, its last changes."""
