"""As many resources as `per_vm` declares, of a provider that does nothing: what remains is the engine's own share."""

import os

from pulumi import ResourceOptions

from bench.programs.nothing import Nothing

for number in range(2):
    Nothing(f"other-{number}")
for number in range(int(os.environ["BENCH_MACHINES"])):
    settings = Nothing(f"settings-{number:04}")
    Nothing(f"assignment-{number:04}", ResourceOptions(depends_on=[settings]))
