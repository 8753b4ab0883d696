local editors = require('support.editor')

describe('the tools for Claude', function()
  local editor

  before_each(function()
    editor = editors.start()
    editor:file('a.lua', { 'local x = 1', 'local y = 2', 'return x' })
    editor:file('b.lua', { 'return 2' })
    editor:cmd('edit a.lua')
  end)

  after_each(editors.stop_all)

  --- Answers `tool/call`, as the server would ask.
  local function call(name, arguments)
    local result = editor:lua(
      [[local name, arguments = ...
      return require('claude-bridge.tools').handler(nil, { name = name, arguments = arguments, sessionId = 's' })]],
      name,
      arguments or {}
    )
    return result.content[1].text, result.isError
  end

  it('are declared at initialize, each with a schema', function()
    local definitions = editor:lua("return require('claude-bridge.tools').definitions()")
    assert.equal(4, #definitions)
    for _, definition in ipairs(definitions) do
      assert.is_true(#definition.name > 0 and #definition.description > 0)
      assert.equal('object', definition.inputSchema.type)
    end
  end)

  it('show a file at a line, and leave the cursor of whoever is in the chat', function()
    editor:cmd('Claude')
    editor:wait('test.chat().session')
    local said = call('open_file', { path = 'b.lua', line = 1 })
    assert.is_not_nil(said:find('b.lua is shown at line 1', 1, true))
    assert.equal('claude-prompt', editor:lua('return vim.bo.filetype'))
    assert.is_true(editor:lua("return vim.fn.bufwinid('b.lua') ~= -1"))
  end)

  it('say so where there is no such file, or no such tool', function()
    local said, is_error = call('open_file', { path = 'none.lua' })
    assert.is_true(is_error)
    assert.is_not_nil(said:find('there is no file', 1, true))
    said, is_error = call('fly')
    assert.is_true(is_error)
    assert.equal('this editor has no tool "fly"', said)
  end)

  it('tell what is selected', function()
    editor:type('Vj<Esc>')
    editor:wait('vim.fn.line("\'>") == 2')
    local told = vim.json.decode((call('selection')))
    assert.same({ firstLine = 1, lastLine = 2, text = 'local x = 1\nlocal y = 2' }, told.selection)
    assert.equal(editor.folder .. '/a.lua', told.path)
  end)

  it('tell diagnostics', function()
    editor:lua([[
      vim.diagnostic.set(vim.api.nvim_create_namespace('t'), 0, {
        { lnum = 1, col = 6, message = 'unused y', severity = vim.diagnostic.severity.WARN, source = 'lint' } })
    ]])
    local told = vim.json.decode((call('diagnostics', { path = 'a.lua' })))
    assert.equal(1, told.total)
    assert.same({ 2, 7, 'warning', 'unused y' }, {
      told.diagnostics[1].line,
      told.diagnostics[1].column,
      told.diagnostics[1].severity,
      told.diagnostics[1].message,
    })
    local _, is_error = call('diagnostics', { path = 'b.lua' })
    assert.is_true(is_error)
  end)

  it('tell which files are open', function()
    editor:cmd('badd b.lua')
    editor:type('ox<Esc>')
    editor:wait('vim.bo.modified')
    local told = vim.json.decode((call('buffers'))).buffers
    assert.equal(2, #told)
    assert.is_true(told[1].current and told[1].modified and told[1].visible)
    assert.is_false(told[2].visible)
  end)

  it('are called by Claude, through the server', function()
    editor:cmd('Claude editor buffers fast')
    editor:sees('a.lua')
    editor:idle()
    editor:cmd('Claude editor open_file {"path":"b.lua"} fast')
    editor:wait("vim.fn.bufwinid('b.lua') ~= -1")
    editor:idle()
  end)
end)
