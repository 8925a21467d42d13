"""Records of one thing made one: the rule, the step and its SQL."""
