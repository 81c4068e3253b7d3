"""What was found, written for people and for their tools: calendar feeds, pages, code-scanning formats. Pure: facts
come in, text goes out.
"""
