import fc from 'fast-check'

// Property tests try the same values in every run, so that a run that fails fails again.
fc.configureGlobal({ seed: 1 })
