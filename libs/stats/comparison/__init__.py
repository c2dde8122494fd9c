"""Treatment against control: difference and lift, one control for many, all arms at once, Bayes."""
