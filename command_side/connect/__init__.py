"""What desks send in forms of their own, and how it becomes observations of tickets."""
