"""As many resources as `per_vm` declares, of a provider that only waits as long: what remains is the engine's share."""

import os

from pulumi import ResourceOptions

from bench.programs.nothing import Nothing

for number in range(2):
    Nothing(f"other-{number}")
for number in range(int(os.environ["BENCH_MACHINES"])):
    settings = Nothing(f"settings-{number:04}", wait=float(os.environ["BENCH_OPERATION_SECONDS"]))
    Nothing(f"assignment-{number:04}", ResourceOptions(depends_on=[settings]))
