"""Who wrote it: the verdict on labelled mail, class by class, beside the rule that most products use."""
