"""What the bot adds to Rasa: understanding of French as it is typed, a small tracker store, quiet logs."""
