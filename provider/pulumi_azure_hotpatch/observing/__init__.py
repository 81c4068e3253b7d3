"""What Azure remembers of patching, read and owned by nobody.

Resource Graph answers for whole fleets: assessments for 7 days, installations for 30 (Microsoft Learn, Query logs of
Update Manager, 2024-09-10). Where it has nothing, the instance view of a VM does; what is older is in a ledger of our
own, if one was kept. Rows are plain dictionaries, the same for programs and for `azure-hotpatch … --json`.
"""
