"""What runs today, judged by the catalogue where it is: in Azure Resource Graph, or in DuckDB over an export.

A rule's expressions are data; here they become Kusto. One query judges all machines of a kind by all rules that can be
written in it, in one pass, with the verdict (pass, fail, unknown) that Python reaches on the same bodies. What needs a
calendar, version numbers or somebody who looked is judged by Python only, and is listed as not asked.
"""
