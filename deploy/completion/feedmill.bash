# bash completion for feedmill(1). The names of commands come from `feedmill help`, those of sinks,
# stages and what is in the quarantine from the mill itself.
# shellcheck shell=bash disable=SC2207 # words without blanks

_feedmill_words() {
	COMPREPLY=($(compgen -W "$1" -- "${COMP_WORDS[COMP_CWORD]}"))
}

_feedmill_members() { # MEMBER: its values in the JSON lines of a command
	sed -n "s/.*\"$1\":\"\([^\"]*\)\".*/\1/p"
}

_feedmill() {
	local command=${COMP_WORDS[1]} verb=${COMP_WORDS[2]}

	COMPREPLY=()
	if [ "$COMP_CWORD" -eq 1 ]; then
		_feedmill_words "$(feedmill help 2>/dev/null | sed -n 's/^  \([a-z]*\) .*/\1/p') help"
		return
	fi
	if [ "${COMP_WORDS[COMP_CWORD - 1]}" = -c ]; then
		COMPREPLY=($(compgen -f -- "${COMP_WORDS[COMP_CWORD]}"))
		return
	fi
	case $command in
	status) _feedmill_words '--json -c' ;;
	top) _feedmill_words '--every -n -c' ;;
	metrics) _feedmill_words '--listen -c' ;;
	run) _feedmill_words '--parsers -c' ;;
	tap) _feedmill_words '--tag --stage --json -c' ;;
	explain) _feedmill_words '--json -c' ;;
	feeds)
		if [ "$COMP_CWORD" -eq 2 ]; then
			_feedmill_words 'list show poll add remove import export'
		elif [ "$verb" = import ]; then
			COMPREPLY=($(compgen -f -- "${COMP_WORDS[COMP_CWORD]}"))
		elif [ "$verb" = list ]; then
			_feedmill_words '--json -c'
		elif [ "$verb" != add ] && [ "$verb" != export ]; then
			_feedmill_words "$(feedmill feeds list --json 2>/dev/null | _feedmill_members url)"
		fi
		;;
	replay)
		_feedmill_words "--since --tag -c $(feedmill status --json 2>/dev/null |
			sed -n 's/^{"stage":"sink","instance":"\([^"]*\)".*/\1/p')"
		;;
	retag) _feedmill_words '--since -c' ;;
	rules)
		if [ "$COMP_CWORD" -eq 2 ]; then
			_feedmill_words stats
		else
			_feedmill_words '--never --json -c'
		fi
		;;
	check) _feedmill_words -c ;;
	help)
		_feedmill_words "$(feedmill help 2>/dev/null | sed -n 's/^  \([a-z]*\) .*/\1/p')"
		;;
	drain)
		_feedmill_words "$(feedmill status --json 2>/dev/null |
			sed -n 's/^{"stage":"\([^"]*\)","instance":"\([^"]*\)".*/\1@\2/p')"
		;;
	quarantine)
		if [ "$COMP_CWORD" -eq 2 ]; then
			_feedmill_words 'list show retry drop'
		elif [ "$verb" = list ]; then
			_feedmill_words 'documents items --json -c'
		elif [ "$verb" = show ]; then
			_feedmill_words "--body --json -c $(feedmill quarantine list --json 2>/dev/null |
				_feedmill_members name)"
		else
			_feedmill_words "documents items all --json -c $(feedmill quarantine list \
				--json 2>/dev/null | _feedmill_members name)"
		fi
		;;
	*) COMPREPLY=($(compgen -f -- "${COMP_WORDS[COMP_CWORD]}")) ;;
	esac
}

complete -F _feedmill feedmill
