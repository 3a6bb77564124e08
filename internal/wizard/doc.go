// Package wizard asks for a cluster config: one question after the other, made
// from the schema, so that a target which brings a block brings its questions.
// What is asked and what an answer does is in Wizard; how it is asked, on a
// screen or line by line, is in two drivers, Draw and Prompt. Draft, the config
// on the way, is also what 'config set' and flags write to.
package wizard
