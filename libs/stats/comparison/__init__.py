"""Treatment against control: proportions, differences, lift; one control for many, all arms at once, Bayes."""
