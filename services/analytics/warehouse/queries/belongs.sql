-- Whether an exposure belongs to the experiment: as its evaluation says, and where that says nothing, by its name.
if(experiments = '',
    {experiment:String} = '' OR experiment = {experiment:String},
    position(experiments, {membership:String}) > 0)
