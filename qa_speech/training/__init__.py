"""What users train on their own inspectors' labels (extra `train`): read labels, fit, evaluate, gate, export."""
