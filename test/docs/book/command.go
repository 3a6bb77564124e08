package book

import (
	"regexp"
	"strings"
)

// Command is one that a reader would type.
type Command struct {
	Place
	// Words are what a shell would make of it, the program first.
	Words []string
	// Named tells that it stands within a line of text, where a command may be
	// named without what it needs.
	Named bool
}

// String is the command in one line.
func (c Command) String() string { return strings.Join(c.Words, " ") }

// prompt is what stands before a command in a session: "$ ", "host-1 # ".
var prompt = regexp.MustCompile(`^(?:\$ |[a-z][a-z0-9-]* [#$] |# (?:docker|kubectl) )`)

// Commands are all of the page, in blocks and within lines. A line of a block
// is a command where it begins with a prompt, where the block is a script, or
// where an indented block has one of the programs at its beginning; of text
// within a line, one of the programs must be its beginning and something more
// follow it.
func (p Page) Commands(programs ...string) []Command {
	var commands []Command
	for _, block := range p.Blocks() {
		commands = append(commands, block.Commands(programs...)...)
	}
	for _, s := range p.Spans() {
		for _, program := range programs {
			if strings.HasPrefix(s.Text, program+" ") {
				for _, command := range simple(s.Place, s.Text) {
					command.Named = true
					commands = append(commands, command)
				}
			}
		}
	}
	return commands
}

// Commands are those of one block.
func (b Block) Commands(programs ...string) (commands []Command) {
	session := b.Language == "console"
	script := b.Language == "sh" || b.Language == "bash"
	if b.Fenced && !session && !script {
		return nil
	}
	for i := 0; i < len(b.Lines); i++ {
		at := Place{b.Path, b.Line + i}
		line, prompted := strings.TrimSpace(b.Lines[i]), false
		if found := prompt.FindString(line); found != "" {
			prompted = true
			line = strings.TrimPrefix(strings.TrimPrefix(line, strings.TrimSuffix(strings.TrimSuffix(found, "docker "), "kubectl ")), "$ ")
		}
		for strings.HasSuffix(line, `\`) && i+1 < len(b.Lines) {
			i++
			line = strings.TrimSuffix(line, `\`) + " " + strings.TrimPrefix(strings.TrimSpace(b.Lines[i]), "> ")
		}
		for _, command := range simple(at, line) {
			if prompted || script || (!session && begins(command, programs)) {
				commands = append(commands, command)
			}
		}
	}
	return commands
}

// begins tells whether a command is of one of the programs.
func begins(c Command, programs []string) bool {
	for _, program := range programs {
		if strings.HasPrefix(c.String()+" ", program+" ") {
			return true
		}
	}
	return false
}

// Of are the arguments of the command, where it is the program's; a program may
// be of several words. Variables set for it are left out.
func (c Command) Of(program string) (args []string, is bool) {
	words := strings.Fields(program)
	if len(c.Words) < len(words) || strings.Join(c.Words[:len(words)], " ") != program {
		return nil, false
	}
	return c.Words[len(words):], true
}

var variable = regexp.MustCompile(`^[A-Za-z_]+=`)

// simple are the simple commands of a line of shell: what is between its pipes
// and semicolons, without comments, redirections and variables that are set.
func simple(at Place, line string) (commands []Command) {
	var words []string
	end := func() {
		for len(words) > 0 && (variable.MatchString(words[0]) || words[0] == "sudo" || words[0] == "time") {
			words = words[1:]
		}
		if len(words) > 0 {
			commands = append(commands, Command{Place: at, Words: words})
		}
		words = nil
	}
	for rest := strings.TrimSpace(line); rest != ""; rest = strings.TrimLeft(rest, " \t") {
		switch {
		case rest[0] == '#':
			end()
			return commands
		case strings.ContainsRune("|;&", rune(rest[0])):
			end()
			rest = rest[1:]
		case rest[0] == '>' || rest[0] == '<':
			_, rest = word(strings.TrimLeft(rest, "<> &"))
		default:
			var next string
			next, rest = word(rest)
			words = append(words, next)
		}
	}
	end()
	return commands
}

// word is the first word of a text, unquoted, and what follows it.
func word(text string) (word, rest string) {
	var out strings.Builder
	quote, depth := byte(0), 0
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case quote != 0 && c == quote:
			quote = 0
		case quote != 0:
			out.WriteByte(c)
		case c == '\'' || c == '"':
			quote = c
		case c == '(':
			depth++
			out.WriteByte(c)
		case c == ')' && depth > 0:
			depth--
			out.WriteByte(c)
		case depth == 0 && strings.IndexByte(" \t|;&<>", c) >= 0:
			return out.String(), text[i:]
		default:
			out.WriteByte(c)
		}
	}
	return out.String(), ""
}
