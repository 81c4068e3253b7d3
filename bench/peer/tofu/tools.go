// Package tools pins the OpenTofu CLI, so that `go build` can make it from the module proxy.
package tools

import _ "github.com/opentofu/opentofu/cmd/tofu"
