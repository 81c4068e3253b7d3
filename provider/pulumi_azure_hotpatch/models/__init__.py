"""Inputs and State of every resource: what a program declares, what is stored, and what the marks on their fields say."""
