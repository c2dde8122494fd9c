// Package about says who this client is.
package about

// Version is the SDK's own.
const Version = "0.1.0"

// Name is how the SDK names itself to edges and in usage events.
const Name = "go/" + Version
