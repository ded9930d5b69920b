"""A simulated week of a whole domain in which everything fails, and proof that nothing was lost or done twice."""
