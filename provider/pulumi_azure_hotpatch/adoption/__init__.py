"""What exists in a subscription, as declarations that take it over without change.

The reverse of the handlers: a handler adopts what is as declared; here what is becomes the declaration. What could not
be declared (a rule of severity error, a value that no input takes) is named with the reason, never left out silently.
"""
