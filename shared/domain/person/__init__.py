"""A person's way: who they are, what wants them in or keeps them out, and how states follow."""
