module github.com/feature-flag-platform/sdk/go

go 1.24
