"""What an agent's words do: courtesy, violations, substance, answers; rules and text classifiers."""
