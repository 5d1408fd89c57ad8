# PowerShell completion for infocaller
# Load it in your profile: infocaller completion powershell | Out-String | Invoke-Expression

Register-ArgumentCompleter -Native -CommandName infocaller -ScriptBlock {
    param($wordToComplete, $commandAst, $cursorPosition)
    $command = $commandAst.CommandElements[0].Value
    $words = @($commandAst.CommandElements | Select-Object -Skip 1 | Where-Object { $_.Extent.EndOffset -lt $cursorPosition } |
        ForEach-Object { if ($null -ne $_.Value) { "$($_.Value)" } else { $_.Extent.Text } })
    $before = $env:_INFOCALLER_COMPLETE, $env:_INFOCALLER_WORDS
    $env:_INFOCALLER_COMPLETE = 'powershell'
    $env:_INFOCALLER_WORDS = ($words + $wordToComplete.Trim("'", '"')) -join "`n"
    try { $lines = @(& $command 2>$null) }
    finally { $env:_INFOCALLER_COMPLETE, $env:_INFOCALLER_WORDS = $before }
    if ($lines.Count -eq 0 -or $lines[0] -ne 'values') { return }
    $lines | Select-Object -Skip 1 | ForEach-Object {
        $value, $text = $_ -split "`t", 2
        if (-not $text) { $text = $value }
        $written = if ($value -match '[\s''"$`;|&(){}]') { "'" + $value.Replace("'", "''") + "'" } else { $value }
        [System.Management.Automation.CompletionResult]::new($written, $value, 'ParameterValue', $text)
    }
}
