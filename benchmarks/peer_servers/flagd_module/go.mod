module verdict/benchmarks/flagd

go 1.26.4

tool github.com/open-feature/flagd/flagd

require github.com/open-feature/flagd/flagd v0.16.1
