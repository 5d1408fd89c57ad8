# fish completion for infocaller
# Save it as ~/.config/fish/completions/infocaller.fish, or load it: infocaller completion fish | source

function __infocaller_complete
    set -l words (commandline -opc)
    set -l current (commandline -ct)
    set -l lines (env _INFOCALLER_COMPLETE=fish $words "$current" 2>/dev/null)
    set -l option (string match -r -- '^--[^=]+=' $current; or echo '')
    set -l value (string replace -- "$option" '' $current)
    switch "$lines[1]"
        case files
            printf '%s\n' $option(__fish_complete_path $value)
        case folders
            printf '%s\n' $option(__fish_complete_directories $value)
        case '*'
            printf '%s\n' $lines[2..-1]
    end
end

complete -c infocaller -f -k -a '(__infocaller_complete)'
