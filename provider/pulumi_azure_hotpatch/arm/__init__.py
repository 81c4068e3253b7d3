"""The only importer of Azure's SDK: implements the ports over the `azure-mgmt-*` clients."""
