package policydoc

import (
	"bytes"
	"slices"
	"unicode/utf8"
)

// locator turns byte offsets into lines and columns. It remembers the last
// place it was asked for: asked in the order of the text, as a report does, it
// reads even a text of one long line only once.
type locator struct {
	doc    []byte
	starts []int // offset of each line's first byte

	offset, row, column int // the last answer: doc[offset] is the column-th character of row
}

func newLocator(doc []byte) *locator {
	starts := make([]int, 1, 2+bytes.Count(doc, []byte{'\n'})) // the first line begins at 0
	for i, b := range doc {
		if b == '\n' || b == '\r' && (i+1 == len(doc) || doc[i+1] != '\n') {
			starts = append(starts, i+1)
		}
	}
	return &locator{doc: doc, starts: starts, row: 0, column: 1}
}

// line is the number, from 1, of the line that holds the byte at offset.
func (l *locator) line(offset int) int {
	i, exact := slices.BinarySearch(l.starts, offset)
	if exact {
		return i + 1
	}
	return i
}

// span counts the place of the bytes from start to end: line and column from 1,
// and how many characters of that line they take.
func (l *locator) span(start, end int) (line, column, length int) {
	line = l.line(start)
	row := line - 1
	if l.row != row || l.offset > start {
		l.row, l.offset, l.column = row, l.starts[row], 1
	}
	l.column += utf8.RuneCount(l.doc[l.offset:start])
	l.offset = start
	length = utf8.RuneCount(l.doc[start:max(start, min(end, l.lineEnd(row)))])
	return line, l.column, length
}

// lineEnd is the offset after the last character of a line, before its break.
func (l *locator) lineEnd(row int) int {
	if row+1 == len(l.starts) {
		return len(l.doc)
	}
	end := l.starts[row+1] - 1
	if end > l.starts[row] && l.doc[end] == '\n' && l.doc[end-1] == '\r' {
		end--
	}
	return end
}
