// Package tools pins the azapi provider, so that `go build` can make it from the module proxy.
package tools

import _ "github.com/Azure/terraform-provider-azapi"
