package engine

// What a config document holds, as plain data that nobody changes. Times are epoch milliseconds, weights and shares
// hundredths of a percent (0 to 10,000, so a bucket compares with them directly).

type serve struct {
	// variation is served to everybody where there are no shares.
	variation string
	shares    []share
	// bucketBy is nil for the targeting key.
	bucketBy *attribute
}

// only is the variation that everybody gets; false for a real split.
func (serve *serve) only() (string, bool) {
	if serve.shares == nil {
		return serve.variation, true
	}
	owner, owners := "", 0
	for _, share := range serve.shares {
		if share.weight > 0 {
			owner, owners = share.variation, owners+1
		}
	}
	return owner, owners == 1
}

type share struct {
	variation string
	weight    int
}

type rule struct {
	id          string
	description string
	when        *condition
	serve       serve
}

type target struct {
	key       string
	variation string
	// expiresAt is nil for one that serves for ever.
	expiresAt *int64
	override  bool
}

type prerequisite struct {
	flag      string
	variation string
}

type flag struct {
	entity
	kind               string
	variations         map[string]any
	order              []string
	offVariation       string
	fallback           serve
	enabled            bool
	archived           bool
	clientVisible      bool
	reportExposures    bool
	prerequisites      []prerequisite
	targets            []target
	rules              []rule
	version            int64
	metadata           map[string]any
	exposureAttributes []string
}

// isOff says that nothing but the off variation is served.
func (flag *flag) isOff() bool { return !flag.enabled || flag.archived }

type layerSlot struct {
	layer      string
	start, end int64
}

type holdout struct {
	key   string
	share int
}

type experiment struct {
	entity
	flag     string
	assigns  bool
	shares   []share
	patches  map[string]map[string]any
	startAt  int64
	stopAt   *int64
	traffic  int
	audience *condition
	bucketBy *attribute
	slot     *layerSlot
	holdouts []holdout
	phase    int64
	seed     *string
	paused   bool
}

// hashedAs is what stands for the experiment in the hashes of its assignment and its traffic.
func (experiment *experiment) hashedAs() string {
	if experiment.seed != nil {
		return *experiment.seed
	}
	return experiment.key
}

// runs from the start until before the stop.
func (experiment *experiment) runs(now int64) bool {
	return experiment.startAt <= now && (experiment.stopAt == nil || now < *experiment.stopAt)
}

type configOverride struct {
	id    string
	when  *condition
	value map[string]any
}

type remoteConfig struct {
	entity
	value         map[string]any
	merges        bool
	overrides     []configOverride
	invalid       [][]int64
	clientVisible bool
	archived      bool
	version       int64
	metadata      map[string]any
}

type segment struct {
	entity
	included map[string]struct{}
	excluded map[string]struct{}
	when     *condition
	longList *longList
	// member says who is in it; nil if that can't be told, and `defect` says why.
	member membership
	defect *fieldError
	// named are the segments in its condition.
	named []string
}

// entity is what all kinds have: the key, and two digests of the document. `written` is of its bytes, so that what comes again
// isn't read again; `meant` of all that its answers depend on.
type entity struct {
	key     string
	written digest
	meant   digest
	// unreadable is what is wrong with a document that can't be read; the rest of the entity is not to be used then.
	unreadable *fieldError
}

type digest [32]byte
