"""What a change would do to the units that were seen lately: their contexts through two configs."""
