"""Inputs and State of every resource: what a program declares, what is stored, what the marks on their fields say."""
