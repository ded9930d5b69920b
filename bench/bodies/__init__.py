"""How well bodies are read, beside other libraries, and what a hostile one costs."""
