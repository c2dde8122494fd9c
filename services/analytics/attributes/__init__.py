"""Which attributes an environment's contexts have, seen in what was exposed."""
