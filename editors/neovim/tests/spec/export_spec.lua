local editors = require('support.editor')

describe('a session', function()
  local editor

  before_each(function()
    editor = editors.start()
    editor:say('Hello fast')
  end)

  after_each(editors.stop_all)

  it('is exported to a file, which is not replaced unasked', function()
    local path = editor.folder .. '/chat.md'
    editor:cmd('ClaudeExport ' .. path)
    editor:told('The session is in')
    assert.is_not_nil(table.concat(vim.fn.readfile(path), '\n'):find('You said “Hello fast”', 1, true))
    editor:cmd('ClaudeExport ' .. path)
    editor:told('add ! to replace it')
    editor:cmd('ClaudeExport! ' .. path)
    editor:told('The session is in')
  end)

  it('is exported as JSON where the name of the file ends so', function()
    local path = editor.folder .. '/chat.json'
    editor:cmd('ClaudeExport ' .. path)
    editor:told('The session is in')
    assert.is_table(vim.json.decode(table.concat(vim.fn.readfile(path), '\n')))
  end)

  it('is exported into a buffer', function()
    editor:cmd('ClaudeExport')
    editor:wait("vim.bo.filetype == 'markdown' and vim.bo.buftype == '' and vim.fn.search('Hello fast') > 0")
  end)

  it('is forked, and both go on by themselves', function()
    local id = editor:lua('return test.chat().session.id')
    editor:cmd('ClaudeFork The other way')
    editor:wait('test.chat().session and test.chat().session.id ~= ...', id)
    editor:sees('You said “Hello fast”')
    editor:say('recall')
    editor:sees('- Hello fast')
  end)
end)
