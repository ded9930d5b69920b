"""`make demo`: a world, the simulator around it, the unchanged server inside it, and what came of it."""
