"""The archive's bucket: what is looked after, and the policies that let agents write and nobody delete."""
